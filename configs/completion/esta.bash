# Completes esta in bash: source <(esta completion bash)
# The words before the cursor go to esta in ESTA_WORDS, parted by the unit separator; a candidate comes back a line,
# its description after a tab. Where there is none, bash completes files.
_esta_words() {
  local IFS=$'\x1f'
  ESTA_WORDS="${COMP_WORDS[*]:1:COMP_CWORD}" esta completion 2>/dev/null
}
_esta() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("${line%%$'\t'*}"); done < <(_esta_words)
}
complete -o default -o bashdefault -F _esta esta
