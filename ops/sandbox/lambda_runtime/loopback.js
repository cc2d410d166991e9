// Loaded before anything else in every Node.js process of the sandbox.
"use strict";
const http = require("http");
const https = require("https");
const net = require("net");

const LOOPBACK = /^(127\.0\.0\.1|localhost|::1)$/;

// The CDK's handlers answer a custom resource over HTTPS on port 443, from host and path alone: there is no certificate
// for loopback, and the sandbox has a port of its own.
const secureRequest = https.request;
https.request = function request(options, ...rest) {
  const host = options && (options.hostname || options.host);
  if (host && LOOPBACK.test(host)) {
    return http.request({ ...options, protocol: "http:", port: process.env.SANDBOX_PORT, agent: undefined }, ...rest);
  }
  return secureRequest.call(this, options, ...rest);
};

// No connection leaves this machine, whatever library asks for it.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = first && typeof first === "object" ? first.host : args[1];
  if (typeof host === "string" && !LOOPBACK.test(host)) {
    throw new Error(`the sandbox talks to nothing but loopback, and ${host} is not that`);
  }
  return connect.apply(this, args);
};

// Where the sandbox is gone, because whoever started it was killed, the program goes too: the CDK's command line would
// ask the closed port for ever.
setInterval(() => {
  const probe = connect.call(new net.Socket(), { port: Number(process.env.SANDBOX_PORT), host: "127.0.0.1" });
  probe.on("connect", () => probe.destroy());
  probe.on("error", () => process.exit(1));
  probe.unref();
}, 2000).unref();
