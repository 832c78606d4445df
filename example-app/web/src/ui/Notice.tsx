interface Props {
  title: string;
  text: string;
  testId?: string;
  onRetry?: () => void;
}

/** A page that has nothing to show, and says why. */
export function Notice({ title, text, testId, onRetry }: Props) {
  return (
    <main className="notice" data-testid={testId}>
      <section role="alert">
        <h1>{title}</h1>
        <p>{text}</p>
        {onRetry && (
          <button type="button" className="button primary" onClick={onRetry}>
            Try again
          </button>
        )}
      </section>
    </main>
  );
}
