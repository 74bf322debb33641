import { type FormEvent, useState } from 'react';
import { asApiError, order } from '../data/client.ts';

/** Where the program listens beyond its own machine, it asks for the token that it wrote to its log. */
export function Login() {
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    order('login', { token }).then(
      () => location.reload(),
      (error: unknown) => {
        const { status, message } = asApiError(error);
        setFailure(status === 401 || status === 403 ? 'This is not the token.' : message);
        setSending(false);
      },
    );
  };
  return (
    <main className="first">
      <form className="first-card" onSubmit={submit}>
        <h1>ChatStats</h1>
        <p className="first-lead">This ChatStats listens to other machines, so it asks who you are.</p>
        <label className="field">
          <span className="label">Token</span>
          <input
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            required
          />
        </label>
        {failure !== null && (
          <p className="note note-bad" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" className="button button-main" disabled={isSending}>
          Sign in
        </button>
      </form>
    </main>
  );
}
