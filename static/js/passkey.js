// Passkeys: asks the browser for one, and hands its answer to the server. Without this script the buttons stay hidden,
// and codes do the same.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

// What the server sends as text and the browser wants as bytes.
function options(sent) {
  const known = (list) => list?.map((one) => ({ ...one, id: toBytes(one.id) }));
  return {
    ...sent,
    challenge: toBytes(sent.challenge),
    ...(sent.user && { user: { ...sent.user, id: toBytes(sent.user.id) } }),
    ...(sent.excludeCredentials && { excludeCredentials: known(sent.excludeCredentials) }),
    ...(sent.allowCredentials?.length && { allowCredentials: known(sent.allowCredentials) }),
  };
}

function answer(passkey) {
  const { response } = passkey;
  const found = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) found[name] = toText(response[name]);
  }
  if (response.getTransports) found.transports = response.getTransports();
  return {
    id: passkey.id,
    rawId: toText(passkey.rawId),
    type: passkey.type,
    response: found,
    clientExtensionResults: passkey.getClientExtensionResults(),
  };
}

async function post(address, token, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  if (response.redirected) return { next: response.url }; // the page was open for too long
  const said = await response.json();
  if (!response.ok) throw new Error(said.error);
  return said;
}

async function use(form, said) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const asked = await post(form.dataset.options, token, {});
  if (asked.next) return window.location.assign(asked.next);
  const publicKey = options(asked);
  const adds = form.dataset.passkey === "add";
  let passkey;
  try {
    passkey = adds ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  } catch (error) {
    throw new Error(error.name === "InvalidStateError" ? said.known : said.cancelled, { cause: error });
  }
  const sent = { passkey: answer(passkey), name: form.elements.name?.value, next: form.elements.next?.value };
  window.location.assign((await post(form.action, token, sent)).next);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const status = form.querySelector("[role=status]");
  const said = status.dataset;
  // An address of numbers alone can't have passkeys, and neither can one without https.
  if (!window.PublicKeyCredential || /^[\d.]+$|:/.test(window.location.hostname)) {
    form.querySelector("[data-otherwise]")?.removeAttribute("hidden");
    continue;
  }
  form.querySelector("[data-with]").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    status.textContent = said.waits;
    try {
      await use(form, said);
    } catch (error) {
      status.textContent = error.cause || error.name === "Error" ? error.message : said.failed;
      button.disabled = false;
      button.focus();
    }
  });
}
