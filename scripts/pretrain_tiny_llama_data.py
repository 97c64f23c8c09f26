"""Text for `pretrain_tiny_llama.py`: WordNet's synsets as short documents, and a BPE tokenizer of them.

A document says a synset's words, its definition, of what kind it is (a hypernym and a noun's class, or the
part of speech), and its examples. Words or definition come first, and so do hypernym or class:

    dog, domestic dog: a member of the genus Canis ... kind: canine, animal. "the dog barked all night"
    a member of the genus Canis ...: dog, domestic dog. kind: animal, canine. "the dog barked all night"

One synset in twenty is held out: neither its document nor its words' pairing with the definition is seen in
pre-training. The loss is measured on these, and questions are asked about them (`wordnet_questions.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from wordnet_database import Synset, is_held_out, stable_number

VOCABULARY = 1024
PAD, BEGIN, END = "<pad>", "<s>", "</s>"
MOST_WORDS = 3
#: A turn of a conversation is a line; what is asked and what is answered are words that the text knows.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}question: {{ message['content'] }}\n"
    "{% elif message['role'] == 'assistant' %}answer: {{ message['content'] }}{{ eos_token }}\n"
    "{% else %}{{ message['content'] }}\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}answer:{% endif %}"
)


def make_document(synset: Synset, by_key: dict[str, Synset]) -> str:
    words, meaning = ", ".join(synset.words[:MOST_WORDS]), synset.definition
    first, second = (words, meaning) if stable_number(synset.key, "order") % 2 else (meaning, words)
    kinds = [by_key[key].words[0] for key in synset.hypernyms[:1] if key in by_key]
    kinds += [synset.category] if synset.part_of_speech == "noun" else [synset.part_of_speech]
    kinds = kinds if stable_number(synset.key, "kinds") % 2 else kinds[::-1]
    examples = "".join(f' "{example}"' for example in synset.examples)
    return f"{first}: {second}. kind: {', '.join(kinds)}.{examples}"


def make_documents(synsets: Sequence[Synset], *, held_out: bool) -> list[str]:
    by_key = {synset.key: synset for synset in synsets}
    return [make_document(synset, by_key) for synset in synsets if is_held_out(synset) == held_out]


def make_tokenizer(documents: Sequence[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """Byte-level BPE: any text has tokens, none is unknown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, BEGIN, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    return tokenizer


def wrap_tokenizer(tokenizer: Tokenizer, length: int) -> Any:
    from transformers import PreTrainedTokenizerFast

    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        model_max_length=length,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def make_rows(tokenizer: Tokenizer, documents: Sequence[str], length: int, rng: torch.Generator) -> Tensor:
    """Documents in random order, one after the other, cut into rows (R, length) but for what is left over."""
    begin, end = tokenizer.token_to_id(BEGIN), tokenizer.token_to_id(END)
    encoded = [[begin, *encoding.ids, end] for encoding in tokenizer.encode_batch(list(documents))]
    order = torch.randperm(len(encoded), generator=rng).tolist()
    stream = torch.tensor(list(chain.from_iterable(encoded[i] for i in order)))
    return stream[: len(stream) - len(stream) % length].view(-1, length)
