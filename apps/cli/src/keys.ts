import { type PersonalReader, PersonalVault, postgresKeys } from '#events';
import { databaseUrl } from './journal.js';

/** Shows sealed text as it stands in the journal. */
const sealedAsItIs: PersonalReader = {
  open: async (fields) => fields.map(({ text }) => ({ text })),
};

/** Opens personal fields where NOVATE_PERSONAL_KEY is set; otherwise they stay sealed. */
export async function withKeys<T>(
  use: (reader: PersonalReader) => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const given = env['NOVATE_PERSONAL_KEY'];
  if (given === undefined || given === '') return use(sealedAsItIs);
  const url = env['NOVATE_VAULT_URL'] ?? databaseUrl(env);
  const keys = await postgresKeys({ url, master: Buffer.from(given, 'base64') });
  try {
    return await use(new PersonalVault(keys));
  } finally {
    await keys.close();
  }
}
