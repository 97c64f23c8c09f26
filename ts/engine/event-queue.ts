/** Events between whoever makes them and the one consumer, kept until they are asked for. */
export class EventQueue<Item> implements AsyncIterable<Item> {
  #events: Item[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(event: Item): void {
    this.#events.push(event);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    while (true) {
      const batch = this.#events;
      this.#events = [];
      yield* batch;
      if (this.#events.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
