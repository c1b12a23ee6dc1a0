use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PDF: &str = "content-type: application/pdf\r\n";

/// A server that answers each path its own way, and where it stands.
async fn server(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, hits) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let (answer, counted) = (Arc::new(answer), hits.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                let length = stream.read(&mut asked).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&asked[..length]).to_string();
                let path = asked.split(' ').nth(1).unwrap_or("/").to_owned();
                stream.write_all(answer(&path).as_bytes()).await.ok();
            });
        }
    });
    (port, hits)
}

fn ok(head: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn wh_a_message_goes_to_no_address_that_is_not_public_and_what_answers_is_not_followed_or_read() {
    let (port, hits) = server(|path| match path {
        "/redirect" => to("/elsewhere"),
        "/busy" => "HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
        "/endless" => format!("HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n{}", "x".repeat(100_000)),
        "/silent" => String::new(),
        _ => ok("", "thanks"),
    })
    .await;
    let headers = Headers { id: "evt_1".into(), timestamp: "1".into(), signature: "v1,x".into() };
    let post = async |outside: &Outside, url: String, reach| {
        outside.post(&url, reach, &headers, b"{}".to_vec(), Duration::from_secs(5)).await
    };
    let guarded = Outside::new(false).unwrap();
    for url in [format!("https://127.0.0.1:{port}/"), "https://localhost/".into(), format!("http://a.example:{port}/")]
    {
        let sent = post(&guarded, url.clone(), Reach::Secure).await;
        assert_eq!((sent.answer, sent.failure), (Answer::None, Some(AttemptFailure::AddressRefused)), "{url}");
    }
    assert_eq!(hits.load(Ordering::Relaxed), 0);
    let open = Outside::new(true).unwrap();
    let pause = jiff::SignedDuration::from_secs(120);
    for (path, code, retry_after, failure) in [
        ("", 200, None, None),
        ("endless", 200, None, None),
        ("redirect", 302, None, Some(AttemptFailure::Status)),
        ("busy", 503, Some(pause), Some(AttemptFailure::Status)),
    ] {
        let sent = post(&open, format!("http://127.0.0.1:{port}/{path}"), Reach::Anywhere).await;
        assert_eq!((sent.answer, sent.failure), (Answer::Status { code, retry_after }, failure), "{path}");
    }
    assert_eq!(hits.load(Ordering::Relaxed), 4, "the redirect leads nowhere");
    let sent = post(&open, format!("http://127.0.0.1:{port}/silent"), Reach::Anywhere).await;
    assert_eq!((sent.answer, sent.failure), (Answer::None, Some(AttemptFailure::Unreachable)));
}

#[test]
fn an_address_is_of_the_web_without_a_user_at_its_port_and_public() {
    let admits = |reach: Reach, url: &str| Url::parse(url).is_ok_and(|url| reach.admits(&url));
    for url in [
        "ftp://a.example/x",
        "file:///etc/passwd",
        "https://ada@a.example/x",
        "https://a.example:8443/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://0177.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://169.254.169.254/latest/meta-data",
    ] {
        assert!(!admits(Reach::Secure, url) && !admits(Reach::Public, url), "{url}");
    }
    assert!(admits(Reach::Secure, "https://a.example:443/x") && admits(Reach::Public, "http://a.example:80/x"));
    assert!(!admits(Reach::Secure, "http://a.example/x") && admits(Reach::Anywhere, "http://127.0.0.1:8080/x"));
    assert!(!admits(Reach::Anywhere, "ftp://a.example/x") && !admits(Reach::Anywhere, "http://ada@127.0.0.1/x"));
}

#[tokio::test]
async fn what_stands_at_an_address_is_hashed_after_three_redirects_at_most() {
    let (port, _) = server(|path| match path {
        "/1" => to("/2"),
        "/2" => to("3"),
        "/3" => to("/drill.pdf?x#page=2"),
        "/0" => to("/1"),
        "/drill.pdf?x" => ok("content-type: Application/PDF; x=y\r\n", "drill"),
        _ => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
    })
    .await;
    let outside = Outside::new(true).unwrap();
    let base = format!("http://localhost:{port}");
    let fetch = async |path: &str| outside.fetch(&format!("{base}{path}"), Reach::Anywhere).await;
    let fetched = Fetched {
        sha256: Digest::of(b"drill"),
        bytes: 5,
        content_type: "application/pdf".into(),
        final_url: format!("{base}/drill.pdf?x"),
    };
    assert_eq!(fetch("/1").await, Outcome::Fetched(fetched));
    assert_eq!(fetch("/0").await, Outcome::Failed(Failure::Redirects));
    assert_eq!(fetch("/none").await, Outcome::Failed(Failure::Status));
}

#[tokio::test]
async fn what_is_too_long_compressed_of_another_type_or_leads_to_a_file_is_not_fetched() {
    let long = format!("HTTP/1.1 200 OK\r\n{PDF}content-length: {}\r\n\r\nx", BYTES_MAX + 1);
    let (port, _) = server(move |path| match path {
        "/long" => long.clone(),
        "/packed" => ok("content-type: application/pdf\r\ncontent-encoding: gzip\r\n", "x"),
        "/none" => ok("", "x"),
        "/script" => ok("content-type: application/javascript\r\n", "x"),
        "/file" => to("file:///etc/passwd"),
        "/nowhere" => "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => "what?\r\n\r\n".to_owned(),
    })
    .await;
    let outside = Outside::new(true).unwrap();
    for (path, why) in [
        ("/long", Failure::TooLarge),
        ("/packed", Failure::Encoded),
        ("/none", Failure::ContentType),
        ("/script", Failure::ContentType),
        ("/file", Failure::AddressRefused),
        ("/nowhere", Failure::Redirects),
        ("/else", Failure::Unreachable),
    ] {
        let outcome = outside.fetch(&format!("http://127.0.0.1:{port}{path}"), Reach::Anywhere).await;
        assert_eq!(outcome, Outcome::Failed(why), "{path}");
    }
}

#[tokio::test]
async fn fl_a_name_that_leads_to_this_machine_is_never_connected_to() {
    let (port, hits) = server(|_| ok(PDF, "secret")).await;
    let guarded = Outside::new(false).unwrap();
    // By its name, at any port: the guard is the resolver, behind what is told before it.
    let asked = guarded.fetching.guarded.get(format!("http://localhost:{port}/")).send().await.unwrap_err();
    assert_eq!(why(&asked), Failure::AddressRefused);
    for url in [format!("http://127.0.0.1:{port}/"), "http://localhost/".into(), "https://localhost/".into()] {
        assert_eq!(guarded.fetch(&url, Reach::Public).await, Outcome::Failed(Failure::AddressRefused), "{url}");
    }
    // A live book is guarded whatever is set, and so is what a redirect leads to.
    let outside = Outside::new(true).unwrap();
    assert_eq!((outside.reach(true), outside.reach(false)), (Reach::Secure, Reach::Anywhere));
    assert_eq!(guarded.reach(false), Reach::Public);
    assert_eq!(hits.load(Ordering::Relaxed), 0);
    let nowhere = guarded.fetch("https://no-such-host.invalid/", Reach::Secure).await;
    assert_eq!(nowhere, Outcome::Failed(Failure::HostUnknown));
}
