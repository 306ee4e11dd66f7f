// Loaded before the scanner: what it asks of the site's name goes to the ports of a site on this machine, and whatever
// else it asks for fails. The scanner itself stays as it is.
import net from "node:net";

const ports = JSON.parse(process.env.SIGNPOST_PORTS);
const name = process.env.SIGNPOST_NAME;
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...told) {
  const normalised = Array.isArray(told[0]);
  const options = normalised ? told[0][0] : told[0];
  const port = ports[options.port];
  if (options.host !== name || !port) {
    throw new Error(`The scanner asked for ${options.host}:${options.port}`);
  }
  Object.assign(options, { host: "127.0.0.1", port });
  return connect.apply(this, told);
};
