/** The assistant's sign: two sparks. */
export function AssistantIcon() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="currentColor" aria-hidden="true">
      <path d="M10 3c.7 4.6 2.7 6.6 7.3 7.3-4.6.7-6.6 2.7-7.3 7.3-.7-4.6-2.7-6.6-7.3-7.3C7.300 9.600 9.300 7.600 10 3Z" />
      <path d="M18.500 14.500c.35 2.300 1.350 3.300 3.650 3.650-2.300.35-3.300 1.350-3.650 3.650-.35-2.300-1.350-3.300-3.650-3.650 2.300-.35 3.300-1.350 3.650-3.650Z" />
    </svg>
  );
}

/** As a `Badge` is for a person. */
export function AssistantBadge() {
  return (
    <span className="badge assistant" aria-hidden="true">
      <AssistantIcon />
    </span>
  );
}
