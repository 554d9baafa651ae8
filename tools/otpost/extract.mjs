export async function extract() {}
