//! What the framework answers by itself, before there is a request: 400 to what is none, 408 to one that does not come whole, 431
//! to a head that is too long. It gives these no body and asks nobody, so that it is done where they are written.

use crate::figures;
use crate::problem::Problem;
use actix_web::ResponseError as _;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use uuid::Uuid;

/// The statuses of these answers. Whatever has a handler answers them with a body.
const STATUSES: [&str; 3] = ["400", "408", "431"];

/// The headers that the problem brings, or needs otherwise.
const REPLACED: [&str; 3] = ["content-length", "content-type", "x-request-id"];

/// The same answer as a problem, when these bytes are one without a body.
pub(super) fn with_problem(written: &[u8]) -> Option<Vec<u8>> {
    let head = written.strip_prefix(b"HTTP/1.")?.strip_suffix(b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1).filter(|status| STATUSES.contains(status))?;
    let headers: Vec<&str> = lines.collect();
    if headers.contains(&"") || !headers.iter().any(|line| line.eq_ignore_ascii_case("content-length: 0")) {
        return None;
    }
    let problem = Problem::of_status(StatusCode::from_bytes(status.as_bytes()).ok()?);
    figures::problem(problem.label());
    let response = problem.with_request_id(&Uuid::now_v7().to_string()).error_response();
    let status = response.status();
    let mut answer = format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let stays = |line: &&&str| {
        let name = line.split(':').next().unwrap_or_default();
        !REPLACED.iter().any(|replaced| name.eq_ignore_ascii_case(replaced))
    };
    let brought =
        response.headers().iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.to_str().ok()?)));
    let brought: Vec<String> = brought.collect();
    let body = response.into_body().try_into_bytes().ok()?;
    for line in headers.iter().filter(stays).copied().chain(brought.iter().map(String::as_str)) {
        answer += line;
        answer += "\r\n";
    }
    answer += &format!(
        "cache-control: no-store\r\nx-content-type-options: nosniff\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Some([answer.as_bytes(), &body].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_a_body_and_one_of_another_status_stay_as_they_are() {
        for written in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            "content-length: 0\r\n\r\n",
            "",
        ] {
            assert_eq!(with_problem(written.as_bytes()), None, "{written}");
        }
    }
}
