export async function countClasses(_data: unknown): Promise<number> {
  throw new Error("todo");
}
