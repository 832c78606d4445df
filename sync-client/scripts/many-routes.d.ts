/** The text of a generated file with so many routes; the one numbered 7 has a second version. */
export function manyRoutes(count: number): string;
