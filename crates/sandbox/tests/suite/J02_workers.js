//: attacks: the number of tasks and the memory, by workers and processes without end
//: profile: run
//: endings: exit *, signal *, cpu, memory, wall
//: limits: cpu_ms=1000 wall_ms=4000
const { Worker } = require('worker_threads');
const { spawn } = require('child_process');
for (let i = 0; i < 40; i++) {
  try { new Worker('const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));', { eval: true }).on('error', () => {}); } catch {}
  try { spawn('/bin/sleep', ['100'], { detached: true, stdio: 'ignore' }).on('error', () => {}); } catch {}
}
