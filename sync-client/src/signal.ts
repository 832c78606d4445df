/** A list of listeners. */
export interface Signal<T> {
  /** Returns the function that takes the listener off again. */
  on(listener: (value: T) => void): () => void;
  emit(value: T): void;
}

export function createSignal<T>(): Signal<T> {
  const listeners = new Set<{ call: (value: T) => void }>();
  return {
    on(listener) {
      // An object of its own, so that one function registered twice is two registrations.
      const entry = { call: listener };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    emit(value) {
      for (const entry of [...listeners]) {
        if (listeners.has(entry)) callSafely(() => entry.call(value));
      }
    },
  };
}

/** A listener that throws must not keep the others from hearing. Its error is reported as uncaught. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    report(error);
  }
}

/** An error of the app, in a function of its that was called from here. */
export function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}
