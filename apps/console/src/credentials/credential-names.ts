import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import type { Credential } from '../api/types.js';
import { useMay } from '../session/session.js';

export const credentialsKey = ['credentials'];

/** All of them: the vault's API knows no pages. */
export function useCredentials() {
  const mayRead = useMay('vault:read');
  return useQuery({
    queryKey: credentialsKey,
    queryFn: async ({ signal }): Promise<Credential[]> => [await bodyOf(api.GET('/vault', { signal }))].flat(),
    enabled: mayRead,
    staleTime: 10_000,
  });
}

/** What people call a credential. */
export function useCredentialNames(): (id: string | null) => string {
  const { data = [] } = useCredentials();
  const names = new Map(data.map((credential) => [credential.id, nameOf(credential)]));
  return (id) => (id === null ? 'a single OTP secret' : (names.get(id) ?? `credential ${id.slice(-6)}`));
}

export function nameOf({ permissioned_user_id, domain }: Credential): string {
  return `${permissioned_user_id} at ${domain}`;
}
