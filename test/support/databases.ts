import mongoose from 'mongoose';

/** Removes a database of a run, and that of its keys. */
export async function dropDatabases(uri: string): Promise<void> {
  const connection = await mongoose.createConnection(uri).asPromise();
  try {
    for (const name of [connection.name, `${connection.name}_keys`]) {
      await connection.useDb(name).dropDatabase();
    }
  } finally {
    await connection.close();
  }
}
