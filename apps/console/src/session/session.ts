import { createContext, useContext } from 'react';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { Problem } from '../api/problem.js';
import type { paths } from '../generated/openapi.js';

export type Session = paths['/console/session']['get']['responses'][200]['content']['application/json'];
export type Scope = Session['scopes'][number];

export const sessionKey = ['session'];

/** Null: nobody is signed in. */
export function useStoredSession() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async (): Promise<Session | null> => {
      try {
        return await bodyOf(api.GET('/console/session'));
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
}

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in, on every page behind the sign-in. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new TypeError('nobody is signed in here');
  return session;
}

/** Whether the key or the seat that signed in may do something. */
export function useMay(...needed: Scope[]): boolean {
  const { scopes } = useSession();
  return needed.every((scope) => scopes.includes(scope));
}
