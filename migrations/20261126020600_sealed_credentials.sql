-- What looks like an envelope must be one: a plain token under "ct" is refused as well.
--
-- The nonce has 12 bytes, the rest at least the cipher's 16 bytes of proof, in base64. Written out
-- twice, since a function would need a grant to every role that may write a channel. "not valid": rows
-- that are there keep what they have until they are written again.
alter table public.channels
drop constraint channels_credentials_check,
add constraint channels_credentials_check check (
  credentials is null
  or coalesce(
    jsonb_typeof(credentials) = 'object'
    and credentials - array['v', 'alg', 'kid', 'nonce', 'ct'] = '{}'::jsonb
    and credentials -> 'v' = '1'::jsonb
    and credentials ->> 'alg' = 'A256GCM'
    and jsonb_typeof(credentials -> 'kid') = 'string'
    and credentials ->> 'nonce' ~ '^[A-Za-z0-9+/]{16}$'
    and credentials ->> 'ct' ~ '^[A-Za-z0-9+/]{22,}={0,2}$'
    and length(credentials ->> 'ct') % 4 = 0,
    false
  )
) not valid;

alter table sync.store_credentials
drop constraint store_credentials_envelope_check,
add constraint store_credentials_envelope_check check (
  coalesce(
    jsonb_typeof(envelope) = 'object'
    and envelope - array['v', 'alg', 'kid', 'nonce', 'ct'] = '{}'::jsonb
    and envelope -> 'v' = '1'::jsonb
    and envelope ->> 'alg' = 'A256GCM'
    and jsonb_typeof(envelope -> 'kid') = 'string'
    and envelope ->> 'nonce' ~ '^[A-Za-z0-9+/]{16}$'
    and envelope ->> 'ct' ~ '^[A-Za-z0-9+/]{22,}={0,2}$'
    and length(envelope ->> 'ct') % 4 = 0,
    false
  )
) not valid;
