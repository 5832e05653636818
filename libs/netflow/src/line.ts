/** The place of an item in a line. */
export interface Place<T> {
  readonly item: T;
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
}

/**
 * Items in the order in which they came; any of them leaves in one step. Sets and maps keep an order too, but who asks
 * them for the oldest steps over all that were deleted before it, up to as many as are there, and again with every question.
 */
export class Line<T> {
  size = 0;
  #oldest: Place<T> | undefined;
  #newest: Place<T> | undefined;

  get oldest(): T | undefined {
    return this.#oldest?.item;
  }

  add(item: T): Place<T> {
    const place = { item, previous: undefined, next: undefined };
    this.#append(place);
    return place;
  }

  /** A place that is in this line. */
  remove(place: Place<T>): void {
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#oldest = next;
    if (next) next.previous = previous;
    else this.#newest = previous;
    // An old place that pointed on would keep younger ones from being collected.
    place.previous = undefined;
    place.next = undefined;
    this.size -= 1;
  }

  moveToEnd(place: Place<T>): void {
    if (place === this.#newest) return;
    this.remove(place);
    this.#append(place);
  }

  /** Oldest first. The item that was given last may leave meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let place = this.#oldest; place;) {
      const { item, next } = place;
      yield item;
      place = next;
    }
  }

  #append(place: Place<T>): void {
    place.previous = this.#newest;
    place.next = undefined;
    if (this.#newest) this.#newest.next = place;
    else this.#oldest = place;
    this.#newest = place;
    this.size += 1;
  }
}
