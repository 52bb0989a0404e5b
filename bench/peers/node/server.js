// server.js echo|sink|http ADDRESS: node's own net and http modules.
'use strict';
const fs = require('fs');
const http = require('http');
const net = require('net');

const [kind, address] = process.argv.slice(2);
const BODY = Buffer.from('Hello, world!');
const HEADERS = { 'Content-Type': 'text/plain', 'Content-Length': BODY.length };

function echo(socket) {
  // Handlers instead of pipe(): the same back-pressure for less work.
  socket.on('data', (data) => {
    if (!socket.write(data)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('error', () => socket.destroy());
}

function sink(socket) {
  socket.on('error', () => socket.destroy());
  socket.resume(); // reads, and drops what nobody listens for
}

function hello(request, response) {
  response.writeHead(200, HEADERS);
  response.end(BODY);
}

const servers = {
  echo: () => net.createServer({ noDelay: true }, echo),
  sink: () => net.createServer({ noDelay: true }, sink),
  http: () => http.createServer(hello), // TCP_NODELAY and keep-alive are its defaults
};

const where = address.startsWith('/')
  ? { path: address }
  : { host: '127.0.0.1', port: Number(address) };
if (where.path) fs.rmSync(where.path, { force: true });
servers[kind]().listen({ ...where, backlog: 1024 });
