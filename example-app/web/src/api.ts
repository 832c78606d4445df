/** The JSON API of the server. Everything that happens later comes as events. */
import type { Answering, Card, Message } from "./sync.gen";

export interface User {
  id: string;
  name: string;
}

export interface Lane {
  id: string;
  title: string;
}

export interface Board {
  room: string;
  title: string;
  lanes: Lane[];
  cards: Card[];
}

export interface Chat {
  room: string;
  messages: Message[];
  answering: Answering | null;
}

/** Like the answers of `syncRequest`: it resolves either way, and `status` says which. */
export type ApiAnswer<T> =
  | { status: "success"; body: T }
  | { status: "error"; errorCode: string; message: string };

type Who = { user: User | null };

export const getSession = () => call<Who>("GET", "/auth/session");
export const getBoard = () => call<Board>("GET", "/api/board");
export const getChat = () => call<Chat>("GET", "/api/chat");
export const register = (name: string, password: string) =>
  call<Who>("POST", "/auth/register", { name, password });
export const logIn = (name: string, password: string) =>
  call<Who>("POST", "/auth/login", { name, password });
export const logOut = () => call<Who>("POST", "/auth/logout", {});

async function call<T>(method: string, path: string, body?: object): Promise<ApiAnswer<T>> {
  try {
    const response = await fetch(path, {
      method,
      ...(body && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    // The one place where the server is taken at its word about the shape of an answer.
    const json: unknown = await response.json();
    if (response.ok) return { status: "success", body: json as T };
    const { errorCode, message } = json as { errorCode: string; message: string };
    return { status: "error", errorCode, message };
  } catch {
    return {
      status: "error",
      errorCode: "network.unreachable",
      message: "The server cannot be reached.",
    };
  }
}
