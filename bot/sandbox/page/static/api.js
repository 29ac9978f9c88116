// The page's calls to its server, each in the name of the person who acts.

/** What the server refused, with Slack's code and one sentence. */
export class Refused extends Error {
  constructor(answer, status) {
    super(answer.message || answer.error || `the server answered ${status}`);
    this.code = answer.error ?? `http_${status}`;
  }
}

let actor = new URLSearchParams(location.search).get('as') ?? '';

export function actAs(user) {
  actor = user;
}

/** GET /page/NAME; raises Refused. */
export function get(name, query = {}) {
  const given = Object.entries({ as: actor, ...query }).filter(([, value]) => value !== undefined && value !== '');
  return answered(fetch(`/page/${name}?${new URLSearchParams(given)}`));
}

/** POST /page/NAME; raises Refused, except for field errors of a modal, which are an answer. */
export function post(name, body) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ as: actor, ...body }),
  };
  return answered(fetch(`/page/${name}`, init));
}

export function streamUrl() {
  return `/page/stream?${new URLSearchParams({ as: actor })}`;
}

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refused({ error: 'unreachable', message: 'The sandbox does not answer. Is it still running?' }, 0);
  }
  const answer = await response.json().catch(() => ({ ok: false }));
  if (answer.errors) return answer;
  if (!response.ok || answer.ok === false) throw new Refused(answer, response.status);
  return answer;
}
