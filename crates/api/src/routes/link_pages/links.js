// Does what a link in a mail is for, when its reader says so.
"use strict";

const form = document.querySelector("form");
const button = form.querySelector("button");
const outcome = document.getElementById("outcome");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const action = form.dataset.action;

// A newer link that is pasted here changes nothing but what follows the #, for which browsers load no page.
addEventListener("hashchange", () => location.reload());

// What was read is not left behind in the address and the history.
if (token) {
  history.replaceState(null, "", location.pathname);
} else {
  finish("This link is not complete. Open it from the mail again, or copy all of it.", false);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { token };
  if (action === "password-reset") {
    if (form.elements.password.value !== form.elements.again.value) {
      say("The two passwords are not the same.", false);
      form.elements.again.focus();
      return;
    }
    body.new_password = form.elements.password.value;
  }
  button.disabled = true;
  say("One moment …", true);
  try {
    const response = await fetch(`/api/v1/auth/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(30000),
    });
    await tell(response);
  } catch {
    say("The server does not answer. Try again in a moment.", false);
    button.disabled = false;
  }
});

async function tell(response) {
  if (response.ok) {
    finish(await praise(response), true);
    return;
  }
  const problem = await response.json().catch(() => ({}));
  const isAboutLink = (problem.errors || []).some((error) => error.field === "token");
  if (isAboutLink) {
    finish("This link does not work: it was used, has expired, or was replaced by a newer one. Ask for another mail.", false);
  } else if (response.status === 409) {
    finish(sentence(problem.detail), false);
  } else {
    say(response.status === 429 ? "Too many tries. Wait a minute, then try again." : sentence(problem.detail), false);
    button.disabled = false;
  }
}

async function praise(response) {
  if (action === "verify-email") return "Your address is confirmed. You can close this page.";
  if (action === "password-reset") return "Your new password is set. Log in with it.";
  const { state } = await response.json();
  return state === "done"
    ? "Your account has moved to the new address."
    : "Thank you. The account moves when the link in the mail to the other address has been used, too.";
}

function sentence(detail) {
  const text = detail || "something went wrong";
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function say(text, isGood) {
  outcome.textContent = text;
  outcome.className = isGood ? "good" : "bad";
}

function finish(text, isGood) {
  form.hidden = true;
  document.getElementById("lead").hidden = true;
  say(text, isGood);
}
