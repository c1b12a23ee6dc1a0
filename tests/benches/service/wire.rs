//! A keep-alive connection that costs the one who measures little: requests are written as they stand, answers are read
//! as far as their status and their length.

use anyhow::{Context as _, bail};
use std::io::ErrorKind;
use tokio::net::TcpStream;

/// The largest answer that is read.
const ANSWER_MAX: usize = 8 * 1024 * 1024;

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Wire {
    /// Connects to a service at `http://…`.
    pub(crate) async fn connect(base: &str) -> anyhow::Result<Wire> {
        let stream = TcpStream::connect(base.trim_start_matches("http://")).await?;
        stream.set_nodelay(true)?;
        Ok(Wire { stream, answer: Vec::new() })
    }

    /// Writes a request.
    pub(crate) async fn send(&self, request: &[u8]) -> anyhow::Result<()> {
        let mut left = request;
        while !left.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(left) {
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads one answer whole; its status.
    pub(crate) async fn status(&mut self) -> anyhow::Result<u16> {
        self.answer.clear();
        loop {
            self.stream.readable().await?;
            match self.stream.try_read_buf(&mut self.answer) {
                Ok(0) => bail!("the service hung up"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = whole(&self.answer)? {
                return Ok(status);
            }
            if self.answer.len() > ANSWER_MAX {
                bail!("an answer of more than {ANSWER_MAX} bytes");
            }
        }
    }

    /// Writes a request and reads its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.send(request).await?;
        self.status().await
    }

    /// What came last.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }
}

/// The status of an answer, once it has come whole.
pub(crate) fn whole(answer: &[u8]) -> anyhow::Result<Option<u16>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if answer.len() < end + 4 + length.unwrap_or(0) {
        return Ok(None);
    }
    let status = head.split(' ').nth(1).context("a status")?;
    Ok(Some(status.parse()?))
}
