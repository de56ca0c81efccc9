// A real OpenID provider for tests: `node server.mjs <port> <client id> <client secret> <redirect URI>…`. It knows
// everybody by whatever they say they are called, and takes any password.
import { Provider } from 'oidc-provider';

const [port, clientId, clientSecret, ...redirectUris] = process.argv.slice(2);

const account = (id) => ({
  accountId: id,
  claims: () => ({
    sub: id,
    name: `${id} of the corporation`,
    preferred_username: id,
    email: `${id}@corp.example`,
    email_verified: true,
  }),
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: redirectUris,
    },
  ],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username'],
  },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context, id) => account(id),
  pkce: { required: () => true },
});

provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
