//: attacks: the network, by a server, by names, and by a request to a cloud's metadata
//: profile: run
//: endings: exit 0
//: limits: wall_ms=20000
const net = require('net');
const say = (what) => (error) => console.log((error ? 'denied ' : 'reached ') + what + ': ' + (error && error.code));
const tries = [
  new Promise((go) => net.createServer().on('error', (error) => { say('server')(error); go(); }).listen(0, '127.0.0.1', () => { say('server')(); go(); })),
  new Promise((go) => net.connect(80, '169.254.169.254').on('error', (error) => { say('metadata')(error); go(); })),
  new Promise((go) => require('dns').lookup('example.org', (error) => { say('name')(error); go(); })),
  new Promise((go) => require('dgram').createSocket('udp4').on('error', (error) => { say('packet')(error); go(); }).bind(0)),
];
Promise.all(tries).then(() => { console.log('done'); process.exit(0); });
