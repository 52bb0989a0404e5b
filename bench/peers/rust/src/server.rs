use std::io::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

const CHUNK: usize = 65536;
const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!";

/// The soft limit of open files is 1024 in many shells; Rust does not raise it by itself.
pub fn allow_many_files() {
    unsafe {
        let mut limit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
    }
}

/// Both listeners have a backlog of 1024: tokio's own.
pub async fn run(kind: &str, address: &str) -> Result<()> {
    if address.starts_with('/') {
        let _ = std::fs::remove_file(address);
        let listener = UnixListener::bind(address)?;
        loop {
            start(kind, listener.accept().await?.0);
        }
    }
    let listener = TcpListener::bind(format!("127.0.0.1:{address}")).await?;
    loop {
        let stream = listener.accept().await?.0;
        let _ = stream.set_nodelay(true); // fails when the peer is gone: its read will tell
        start(kind, stream);
    }
}

fn start<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(kind: &str, stream: S) {
    match kind {
        "echo" => tokio::spawn(echo(stream)),
        "sink" => tokio::spawn(sink(stream)),
        "http" => tokio::spawn(http(stream)),
        _ => panic!("no kind {kind}"),
    };
}

// Buffers are reserved and not filled with zeros: a quiet connection touches none of it.

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> Result<()> {
    let mut data = Vec::with_capacity(CHUNK);
    while stream.read_buf(&mut data).await? > 0 {
        stream.write_all(&data).await?;
        data.clear();
    }
    Ok(())
}

async fn sink<S: AsyncRead + Unpin>(mut stream: S) -> Result<()> {
    let mut data = Vec::with_capacity(CHUNK);
    while stream.read_buf(&mut data).await? > 0 {
        data.clear();
    }
    Ok(())
}

async fn http<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> Result<()> {
    let mut data = Vec::with_capacity(CHUNK);
    let mut requests = Requests { matched: 0 };
    while stream.read_buf(&mut data).await? > 0 {
        match requests.end_in(&data) {
            0 => {}
            1 => stream.write_all(RESPONSE).await?,
            many => stream.write_all(&RESPONSE.repeat(many)).await?,
        }
        data.clear();
    }
    Ok(())
}

/// Finds the ends of the GETs in what one connection reads, and looks at nothing else in them.
struct Requests {
    matched: usize, // bytes of the blank line read last
}

impl Requests {
    fn end_in(&mut self, data: &[u8]) -> usize {
        const END: &[u8] = b"\r\n\r\n";
        let mut ends = 0;
        for &next in data {
            self.matched = if next == END[self.matched] {
                self.matched + 1
            } else {
                usize::from(next == END[0])
            };
            if self.matched == END.len() {
                ends += 1;
                self.matched = 0;
            }
        }
        ends
    }
}
