/** Who is in the rooms of the test server, as a test says. */
import type { Server, Socket } from "socket.io";

interface Person {
  id: string;
  name: string;
}

export class People {
  readonly #here = new Map<string, Map<string, Person>>();

  constructor(private readonly io: Server) {}

  watch(socket: Socket, room: string): { users: Person[] } {
    void socket.join(watchersOf(room));
    return { users: [...this.#in(room).values()] };
  }

  unwatch(socket: Socket, room: string): void {
    void socket.leave(watchersOf(room));
  }

  come(room: string, ...joined: Person[]): void {
    for (const person of joined) this.#in(room).set(person.id, person);
    this.#tell(room, { joined, left: [] });
  }

  go(room: string, ...left: string[]): void {
    for (const id of left) this.#in(room).delete(id);
    this.#tell(room, { joined: [], left });
  }

  #in(room: string): Map<string, Person> {
    const here = this.#here.get(room) ?? new Map<string, Person>();
    this.#here.set(room, here);
    return here;
  }

  #tell(room: string, change: object): void {
    this.io.to(watchersOf(room)).emit("sync-presence", { room, ...change });
  }
}

const watchersOf = (room: string) => `watchers of ${room}`;
