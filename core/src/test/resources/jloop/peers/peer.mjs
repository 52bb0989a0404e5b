// Node at the other end: the same as peer.py, which says what is what.
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const DATA = Buffer.from(Array.from({length: 256 * 4000}, (_, i) => i % 256));
const SOME = DATA.subarray(0, 300_000);

function options(how, name) {
    const made = {
        cert: fs.readFileSync(name + '.pem'), key: fs.readFileSync(name + '.key'),
        ca: fs.readFileSync('ca.pem'), ALPNProtocols: ['jloop'],
        requestCert: true, rejectUnauthorized: true,
    };
    if (how.startsWith('1.')) made.minVersion = made.maxVersion = 'TLSv' + how;
    return made;
}

function all(socket) {
    return new Promise((done, fail) => {
        const parts = [];
        socket.on('data', part => parts.push(part));
        socket.on('end', () => done(Buffer.concat(parts)));
        socket.on('error', fail);
        socket.resume();
    });
}

function exactly(socket, count) {
    return new Promise((done, fail) => {
        const parts = [];
        let size = 0;
        socket.on('data', part => {
            parts.push(part);
            size += part.length;
            if (size >= count) done(Buffer.concat(parts));
        });
        socket.on('error', fail);
        socket.resume();
    });
}

/// What follows the line is read by whoever comes next.
function line(socket) {
    return new Promise((done, fail) => {
        let head = Buffer.alloc(0);
        const take = part => {
            head = Buffer.concat([head, part]);
            const at = head.indexOf(10);
            if (at < 0) return;
            socket.pause();
            socket.off('data', take);
            socket.off('error', fail);
            if (at + 1 < head.length) socket.unshift(head.subarray(at + 1));
            done(head.subarray(0, at).toString());
        };
        socket.on('data', take);
        socket.on('error', fail);
        socket.resume();
    });
}

const parts = {
    async echo(socket) {
        socket.pipe(socket);
    },
    async reply(socket) {
        socket.end(`${(await all(socket)).length} bytes\n`);
    },
    async speak(socket) {
        socket.end('first\n');
        console.log('heard', (await all(socket)).length);
    },
    async who(socket) {
        socket.end([socket.getProtocol(), socket.alpnProtocol,
            socket.getPeerCertificate().subject.CN].join(' ') + '\n');
    },
};

function serve(host, how) {
    const serveOne = async socket => {
        socket.on('error', e => console.log('error', e.message));
        let part = await line(socket);
        if (part === 'upgrade') {
            socket.write('go\n');
            socket = new tls.TLSSocket(socket, {isServer: true, ...options(how, 'server')});
            part = await line(socket);
        }
        await parts[part](socket);
    };
    const server = how.startsWith('1.')
        ? tls.createServer(options(how, 'server'), serveOne)
        : net.createServer({allowHalfOpen: true}, serveOne);
    server.listen(0, host, () => console.log(`at :${server.address().port}`));
}

const asks = {
    async echo(socket) {
        socket.write(DATA);
        const back = await exactly(socket, DATA.length);
        return back.equals(DATA) ? 'fine' : 'other bytes';
    },
    async reply(socket) {
        socket.end(SOME);
        return (await all(socket)).toString().trim();
    },
    async speak(socket) {
        const first = await all(socket);
        socket.write(SOME);
        return first.toString().trim();
    },
    who: line,
};

async function connect(host, port, how, ...names) {
    const secure = more => new Promise((done, fail) => {
        const made = tls.connect(
            {...more, ...options(how, 'client'), servername: 'localhost'}, () => done(made));
        made.on('error', fail);
    });
    for (const name of names) {
        const to = {host, port, allowHalfOpen: true};
        let socket;
        if (how.startsWith('1.')) {
            socket = await secure(to);
        } else {
            socket = net.connect(to);
            if (how === 'upgrade') {
                socket.write('upgrade\n');
                if (await line(socket) !== 'go') throw new Error('no go');
                socket = await secure({socket});
            }
        }
        socket.write(name + '\n');
        console.log(name, await asks[name](socket));
        const closed = new Promise(done => socket.on('close', done));
        socket.end();
        socket.resume();
        await closed;
    }
}

const [what, ...more] = process.argv.slice(2);
await {serve, connect}[what](...more);
