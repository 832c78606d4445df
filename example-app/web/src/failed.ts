/** An error as `syncRequest` and the API give it. */
export interface Failed {
  errorCode: string;
  message: string;
}
