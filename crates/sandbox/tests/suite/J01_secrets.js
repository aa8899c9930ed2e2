//: attacks: the host, by the modules that a script may load and by the inside of the interpreter
//: profile: run
//: endings: exit 0
const fs = require('fs');
const told = Object.fromEntries(fs.readFileSync(0, 'utf8').trim().split('\n').map((line) => line.split(/=(.*)/)));
const attempt = (what, deed) => {
  try { deed(); console.log('reached ' + what); } catch (error) { console.log('denied ' + what + ': ' + (error.code || error.name)); }
};
for (const path of told.files.split(':').concat(['/etc/passwd', '/proc/self/environ'])) {
  attempt('read', () => fs.readFileSync(path));
  attempt('write', () => fs.appendFileSync(path, 'x'));
  attempt('require', () => require(path));
}
attempt('variable', () => { if (!process.env.SECRET_TOKEN) throw new Error('none'); });
attempt('victim', () => process.kill(Number(told.victim), 'SIGKILL'));
attempt('root', () => process.setuid(0));
attempt('hidden binding', () => process.binding('natives_of_nowhere'));
attempt('report', () => process.report.writeReport('/usr/report.json') || (() => { throw new Error('none'); })());
attempt('command', () => { const said = require('child_process').spawnSync('cat', ['/etc/passwd']); if (said.status !== 0) throw new Error('failed'); });
console.log('done');
