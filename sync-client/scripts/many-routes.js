// A generated file of a large app, as `sync-build` writes it.
export function manyRoutes(count) {
  const files = [];
  const routes = [];
  for (let i = 0; i < count; i++) {
    files.push(`export declare namespace page_route${i}_server_v1 {
      type Input = { id: string, at: number | null, nested: { a: string | null, b: Array<{ c: number }> } };
      type Output = { id: string, by: string, list: Array<{ d: string }> };
    }`);
    const version = `{
      input: page_route${i}_server_v1.Input;
      serverOutput: page_route${i}_server_v1.Output;
      clientOutput: Record<string, never>;
      serverStream: never;
      roomStream: never;
      clientStream: never;
      errorCode: "page.code${i}";
    }`;
    routes.push(`"page/route${i}": { v1: ${version}; ${i === 7 ? `v2: ${version};` : ""} };`);
  }
  return `import type {} from "sync-client";
${files.join("\n")}
export interface SyncRoutes { ${routes.join("\n")} }
declare module "sync-client" { interface Register { routes: SyncRoutes } }`;
}
