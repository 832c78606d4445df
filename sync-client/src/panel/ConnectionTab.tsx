/** The state of the connection, and the rooms of the page. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { SyncClient } from "../client.js";
import type { Log } from "./log.js";
import { clock } from "./units.js";

/** How often rooms are looked at: a change of their states is told, one of their number is not. */
const EVERY = 500;

function useStatus({ status }: SyncClient) {
  return useSyncExternalStore(status.on, status.get);
}

/** The rooms of the page, as they are now. */
export function roomsOf({ rooms }: SyncClient) {
  return rooms
    .all()
    .filter(({ state }) => state.status !== "left")
    .map(({ code, state }) => ({ code, state }));
}

/** The state of the connection as a dot, with its name or without. */
export function StatusPill({ client, short = false }: { client: SyncClient; short?: boolean }) {
  const { status, attempt } = useStatus(client);
  const text = attempt > 0 ? `${status}, attempt ${attempt}` : status;
  return (
    <span className="status" data-status={status} role="status">
      <i className="dot" aria-hidden="true" />
      <span className={short ? "unseen" : ""}>{text}</span>
    </span>
  );
}

export function ConnectionTab({ client, log }: { client: SyncClient; log: Log }) {
  const status = useStatus(client);
  const [rooms, setRooms] = useState(() => roomsOf(client));
  useEffect(() => {
    const look = () => setRooms(roomsOf(client));
    look();
    const off = client.rooms.onState(look);
    const timer = setInterval(look, EVERY);
    return () => {
      off();
      clearInterval(timer);
    };
  }, [client]);

  return (
    <div className="scroll padded columns">
      <section>
        <h3>Connection</h3>
        <dl>
          {Object.entries(status).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
          <div>
            <dt>transport</dt>
            <dd>{client.connection.live()?.io.engine.transport.name ?? "none"}</dd>
          </div>
        </dl>
      </section>
      <section>
        <h3>Rooms</h3>
        {rooms.length === 0 ? (
          <p className="muted">The page is in no room.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Room</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {rooms.map(({ code, state }) => (
                <tr key={code}>
                  <td className="mono">{code}</td>
                  <td>
                    <span className="status" data-status={state.status}>
                      <i className="dot" aria-hidden="true" />
                      {state.status === "error" ? state.error.errorCode : state.status}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section>
        <h3>History</h3>
        <ol className="history" reversed>
          {log.notices().slice().reverse().map(({ at, kind, text }, i, { length }) => (
            <li key={length - i}>
              <time className="figure">{clock(at)}</time>
              <span className="status" data-status={kind}>
                <i className="dot" aria-hidden="true" />
                <span>{text}</span>
              </span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}
