/** The four services. */
export const serviceNames = ['gateway', 'vault', 'ingestor', 'dispatcher'] as const;
export type ServiceName = (typeof serviceNames)[number];
