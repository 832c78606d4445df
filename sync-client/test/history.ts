/** What the test server remembers of its rooms, as a server with history does. */
export class History {
  readonly #rooms = new Map<string, object[]>();
  /** Deliveries below this number are gone, as from a ring that is full. */
  firstKept = 1;

  constructor(public epoch = "e1") {}

  /** Records a delivery and gives it its place. */
  append(room: string, delivery: object): object {
    const entries = this.#rooms.get(room) ?? [];
    this.#rooms.set(room, entries);
    const recorded = { ...delivery, room, offset: `${this.epoch}:${entries.length + 1}` };
    entries.push(recorded);
    return recorded;
  }

  head(room: string): string {
    return `${this.epoch}:${this.#rooms.get(room)?.length ?? 0}`;
  }

  /** What came after an offset, or why that cannot be said. */
  since(room: string, offset: string): object[] | "newEpoch" | "trimmed" {
    const [epoch, n] = offset.split(":");
    if (epoch !== this.epoch) return "newEpoch";
    if (Number(n) + 1 < this.firstKept) return "trimmed";
    return (this.#rooms.get(room) ?? []).slice(Number(n));
  }

  /** As a server that was restarted. */
  restart(epoch: string): void {
    this.epoch = epoch;
    this.#rooms.clear();
  }
}
