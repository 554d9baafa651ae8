import { fieldError } from '@otpost/contracts';
import { Prisma, type Transaction } from '@otpost/database';
import type { GivenCredential } from './credential-fields.js';

const intervalFields = ['expiry_time_from_last_use', 'expiry_time_from_session_data_set'] as const;

/**
 * What an interval is, PostgreSQL says. Asked field by field and before the row is written: the table's own trigger would refuse the
 * text too, but not say which field it was in. A thousand years keep every expiry a date that clients can read.
 *
 * @throws AppError `validation_failed`; the transaction is of no more use then
 */
export async function checkIntervals(tx: Transaction, given: GivenCredential): Promise<void> {
  for (const field of intervalFields) {
    const text = given[field];
    if (text == null) continue;
    if (!(await isExpiry(tx, text))) throw fieldError(field, 'must be a PostgreSQL interval of 0 to 1000 years');
  }
}

async function isExpiry(tx: Transaction, text: string): Promise<boolean> {
  try {
    const [row] = await tx.$queryRaw<[{ fits: boolean }]>`
      SELECT isfinite(given) AND given BETWEEN interval '0' AND interval '1000 years' AS fits
      FROM CAST(${text}::text AS interval) AS given`;
    return row.fits;
  } catch (error) {
    if (sqlStateOf(error)?.startsWith(dataException)) return false;
    throw error;
  }
}

/** SQLSTATE class of a value that is none: 22007 no interval, 22015 out of range. */
const dataException = '22';

function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return undefined;
  const meta = error.meta as { driverAdapterError?: { cause?: { originalCode?: string } } } | undefined;
  return meta?.driverAdapterError?.cause?.originalCode;
}
