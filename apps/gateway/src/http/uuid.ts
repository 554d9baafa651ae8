import { z } from 'zod';

/** An id as it is stored: what is sealed, cached and counted under an id knows it in this one way, and a UUID may be written in capitals. */
export const uuid = () => z.uuid().toLowerCase();
