/** A random UUID. `crypto.randomUUID` is missing on pages that are not served over HTTPS. */
export function uuid(): string {
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, hexDigit);
}

function hexDigit(): string {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
  return (byte & 15).toString(16);
}
