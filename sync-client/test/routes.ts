/** Routes for the tests, registered as a generated file does it. */
interface Route<Input, Output, Extra extends object = object> {
  input: Input;
  serverOutput: Output;
  clientOutput: Extra extends { clientOutput: infer C } ? C : Record<string, never>;
  serverStream: Extra extends { serverStream: infer S } ? S : never;
  roomStream: Extra extends { roomStream: infer S } ? S : never;
  clientStream: never;
  errorCode: Extra extends { errorCode: infer E } ? E : never;
}

interface TestRoutes {
  "board/moveCard": {
    v1: Route<{ cardId: string; toLane: string }, { cardId: string }, { errorCode: "board.cardNotFound" }>;
  };
  "board/showCard": {
    v1: Route<{ cardId: string }, { cardId: string }, { clientOutput: { notes: string | null } }>;
  };
  /** Never answered by the test server itself. */
  "board/place": {
    v1: Route<
      { cardId: string; toLane: string },
      { cardId: string; toLane: string; by: string },
      { errorCode: "board.cardNotFound" }
    >;
  };
  "board/slow": { v1: Route<Record<string, never>, Record<string, never>> };
  "board/broken": { v1: Route<Record<string, never>, Record<string, never>> };
  "chat/say": {
    v1: Route<
      { text: string },
      { length: number },
      { serverStream: { chunk: string }; roomStream: { chunk: string } }
    >;
  };
  "system/ping": { v1: Route<Record<string, never>, Record<string, never>> };
}

declare module "../src/index.js" {
  interface Register {
    routes: TestRoutes;
  }
}

export {};
