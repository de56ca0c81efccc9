//! Bytes of files over HTTP: conditions, ranges, names and types that a browser cannot be tricked with, and links.

use plaza_domain::Clock;
use plaza_infrastructure::clock::SystemClock;
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Api, Method, Policy, User, header, http_client},
    pictures::{pdf, png},
    servers::PrivateS3,
};
use serde_json::json;

both_setups!(
    what_a_client_has_is_not_sent_again,
    parts_are_served_as_the_standard_says,
    a_head_is_answered_without_bytes,
    what_a_browser_could_run_is_downloaded_and_sandboxed,
    a_hostile_name_stays_a_name,
    no_name_leads_out_of_the_store,
    a_link_works_for_what_it_says_and_nothing_else,
    what_a_link_leads_to_is_kept_no_longer_than_the_link_lives,
    clients_are_sent_to_the_bucket_where_that_is_wanted,
);

async fn get(user: &User, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let request = user.api.request(Method::GET, path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
    user.api.send(request).await
}

async fn upload(user: &User, name: &str, bytes: &[u8]) -> String {
    format!("/files/{}/content", user.upload_accepted(name, bytes.to_vec()).await)
}

async fn what_a_client_has_is_not_sent_again(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let path = upload(&ada, "notes.txt", b"0123456789").await;
    let whole = get(&ada, &path, &[]).await;
    // SHA-256 of the ten digits.
    let etag = "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\"";
    assert_eq!(whole.header("etag"), etag);
    assert_eq!(whole.header("cache-control"), "private, max-age=3600, immutable");
    let listed = format!("\"other\", W/{etag} , \"x, y\"");
    for known in [etag, "*", &format!("W/{etag}"), &listed] {
        let answer = get(&ada, &path, &[(header::IF_NONE_MATCH, known)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("cache-control"), whole.header("cache-control"));
    }
    for unknown in ["\"other\"", "", "84d89877", "\"*\""] {
        assert_eq!(get(&ada, &path, &[(header::IF_NONE_MATCH, unknown)]).await.status, 200, "{unknown}");
    }
    let both = [(header::IF_NONE_MATCH, etag), (header::RANGE, "bytes=0-1")];
    assert_eq!(get(&ada, &path, &both).await.status, 304, "the condition comes before the range");
    let unpacked = get(&ada, &path, &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!((unpacked.body.as_ref(), unpacked.header("content-encoding")), (b"0123456789".as_slice(), ""));
}

async fn parts_are_served_as_the_standard_says(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let path = upload(&ada, "notes.txt", b"0123456789").await;
    let etag = get(&ada, &path, &[]).await.header("etag").to_owned();
    for (range, expected) in [
        ("bytes=0-0", "0"),
        ("bytes=7-", "789"),
        ("bytes=-2", "89"),
        ("bytes=-99999999999999999999999", "0123456789"),
        ("bytes=8-99999999999999999999999", "89"),
        ("BYTES=1-2", "12"),
    ] {
        let part = get(&ada, &path, &[(header::RANGE, range)]).await;
        assert_eq!((part.status.as_u16(), part.text().as_str()), (206, expected), "{range}");
        assert_eq!(part.header("content-length"), expected.len().to_string());
    }
    let many =
        format!("bytes={}", (0..2_000).map(|n| format!("{}-{}", n % 9, n % 9)).collect::<Vec<_>>().join(","));
    for range in
        ["bytes=0-1,4-5", "bytes=5-2", "bytes=a-b", "bytes=+1-+2", "lines=0-1", "bytes=0-,0-,0-", &many]
    {
        let whole = get(&ada, &path, &[(header::RANGE, range)]).await;
        assert_eq!((whole.status.as_u16(), whole.text().as_str()), (200, "0123456789"));
        assert_eq!(whole.header("content-range"), "");
    }
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
        let beyond = get(&ada, &path, &[(header::RANGE, range)]).await;
        beyond.expect_problem(416);
        assert_eq!(beyond.header("content-range"), "bytes */10", "{range}");
    }
    let weak = format!("W/{etag}");
    for (known, status) in
        [(etag.as_str(), 206), (&weak, 200), ("\"other\"", 200), ("Sat, 21 Nov 2026 08:00:00 GMT", 200)]
    {
        let headers = [(header::IF_RANGE, known), (header::RANGE, "bytes=0-1")];
        assert_eq!(get(&ada, &path, &headers).await.status, status, "{known}");
    }
}

async fn a_head_is_answered_without_bytes(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let path = upload(&ada, "notes.txt", b"0123456789").await;
    let get = get(&ada, &path, &[]).await;
    let head = |path: &str| ada.api.request(Method::HEAD, path);
    let ranged = ada.api.send(head(&path).header(header::RANGE, "bytes=0-1")).await;
    for answer in [ada.api.send(head(&path)).await, ranged] {
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
        for name in ["etag", "content-type", "content-length", "content-disposition", "accept-ranges"] {
            assert_eq!(answer.header(name), get.header(name), "{name}");
        }
    }
    let known = head(&path).header(header::IF_NONE_MATCH, get.header("etag"));
    assert_eq!(ada.api.send(known).await.status, 304);
}

async fn what_a_browser_could_run_is_downloaded_and_sandboxed(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let page = b"<!doctype html><script>alert(document.domain)</script>";
    // A picture for those who look at its beginning, a page for those who look on.
    let mut polyglot = png(8, 8);
    polyglot.extend(page);
    let mut comment = b"GIF89a/*".to_vec();
    comment.extend(page);
    for (name, bytes, media_type, kind) in [
        ("sky.png", polyglot, "image/png", "inline"),
        (
            "notes.txt",
            b"<script>alert(1)</script>, they wrote.".to_vec(),
            "text/plain; charset=utf-8",
            "inline",
        ),
        ("report.pdf", pdf(1), "application/pdf", "attachment"),
    ] {
        let path = upload(&ada, name, &bytes).await;
        let answer = get(&ada, &path, &[(header::ACCEPT, "text/html")]).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("content-type"), media_type);
        assert!(answer.header("content-disposition").starts_with(kind), "{name}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("sandbox;") && policy.contains("default-src 'none'"), "{policy}");
        assert!(!policy.contains("allow-"), "{policy}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    }
    for (name, bytes) in [("page.html", page.to_vec()), ("sky.gif", comment), ("sky.svg", b"<svg/>".to_vec())]
    {
        let answer = ada.upload(name, bytes).await;
        if answer.status == 202 {
            let file_id = answer.expect(202)["file_id"].as_str().unwrap_or_default().to_owned();
            let served = get(&ada, &format!("/files/{file_id}/content"), &[]).await;
            assert!(!served.header("content-type").contains("html"), "{name}");
        } else {
            assert!(answer.status.is_client_error(), "{name}: {}", answer.text());
        }
    }
}

async fn a_hostile_name_stays_a_name(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for (name, plain, extended) in [
        ("a\"; filename=evil.html; x=\".txt", "a_; filename=evil.html; x=_.txt", Some("a%22%3B%20")),
        ("../../etc/passwd.txt", "passwd.txt", None),
        ("..\\..\\boot.txt", "boot.txt", None),
        ("naïve ☃.txt", "na_ve _.txt", Some("na%C3%AFve%20%E2%98%83.txt")),
        ("100%41.txt", "100_41.txt", Some("100%2541.txt")),
        ("back\u{202e}txt.txt", "backtxt.txt", None),
    ] {
        let file_id = ada.upload_accepted(name, b"words".to_vec()).await;
        let served = get(&ada, &format!("/files/{file_id}/content"), &[]).await;
        let disposition = served.header("content-disposition");
        let told = format!("inline; filename=\"{plain}\"");
        assert!(disposition.starts_with(&told), "{name}: {disposition}");
        match extended {
            Some(extended) => {
                assert!(disposition.contains(&format!("; filename*=UTF-8''{extended}")), "{disposition}")
            }
            None => assert_eq!(disposition, told),
        }
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
        assert_eq!(served.header("set-cookie"), "");
    }
    // Line breaks in a name do not even get through a form; what a client writes itself is cut or refused.
    let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; \
                filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x.txt; filename=\"a%0D%0ASet-Cookie: x.txt\"\r\n\r\nwords\r\n--x--\r\n";
    let request = ada.api.request(Method::POST, "/files/upload");
    let request = request.header("content-type", "multipart/form-data; boundary=x").body(form);
    let answer = ada.api.send(request).await;
    if answer.status == 202 {
        let file_id = answer.expect(202)["file_id"].as_str().unwrap_or_default().to_owned();
        let served = get(&ada, &format!("/files/{file_id}/content"), &[]).await;
        assert_eq!(served.header("set-cookie"), "");
        assert!(!served.header("content-disposition").contains(['\r', '\n']));
    }
}

async fn no_name_leads_out_of_the_store(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("dot.png", png(8, 8)).await;
    assert_eq!(ada.api.get(&format!("/media/{file_id}.png")).await.status, 200);
    for name in [
        "..%2f..%2fplaza.db",
        "%2e%2e%2fplaza.db",
        "..%5cplaza.db",
        file_id.as_str(),
        &format!("{file_id}.png%00.html"),
        &format!("{file_id}.png%2f..%2f..%2fplaza.db"),
        &format!("{file_id}./plaza.db"),
        &format!("{{{file_id}}}.png"),
        "auth-secret",
    ] {
        for path in [format!("/media/{name}"), format!("//media/{name}")] {
            let answer = ada.api.get(&path).await;
            assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
        }
    }
    for id in ["..%2f..%2fplaza.db", "0", "%00", &file_id.to_uppercase().replace('-', "%2d")] {
        let status = ada.api.get(&format!("/files/{id}/content")).await.status.as_u16();
        assert!([200, 400, 404].contains(&status), "{id}: {status}");
    }
}

/// A link to a part of a file, as a path of the API.
async fn link_to(user: &User, file_id: &str, asked: &serde_json::Value) -> String {
    let link = user.api.post(&format!("/files/{file_id}/signed-url"), asked).await.expect(200);
    link["url"].as_str().and_then(|url| url.strip_prefix("/api/v1")).expect("a link to the API").to_owned()
}

/// A parameter of a link.
fn parameter<'a>(link: &'a str, name: &str) -> &'a str {
    let (_, rest) = link.split_once(&format!("{name}=")).expect("the parameter");
    rest.split('&').next().unwrap_or_default()
}

async fn a_link_works_for_what_it_says_and_nothing_else(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("sky.png", png(300, 300)).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
    let other_id = ada.upload_accepted("diary.txt", b"Dear diary".to_vec()).await;
    let link = link_to(&ada, &file_id, &json!({ "part": "thumbnail", "expires_in": 300 })).await;
    let stranger = Api::anonymous(plaza.b());
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(stranger.send(stranger.request(method, &link)).await.status, 200);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert_eq!(stranger.send(stranger.request(method, &link)).await.status, 405);
    }
    let (expires, signature) = (parameter(&link, "expires"), parameter(&link, "signature"));
    let later = (expires.parse::<u64>().expect("seconds") + 60).to_string();
    let shorter = &signature[..signature.len() - 1];
    for forged in [
        link.replace("thumbnail", "original"),
        link.replace("thumbnail", "preview"),
        link.replace(&file_id, &other_id),
        link.replace(expires, &later),
        link.replace(expires, "99999999999"),
        link.replace(expires, &i64::MAX.to_string()),
        link.replace(expires, &format!("0{expires}")).replace(signature, ""),
        link.replace(signature, shorter),
        link.replace(signature, &format!("{signature}A")),
        link.replace(signature, &signature.to_lowercase()),
        link.replace(signature, "AAAA"),
    ] {
        let problem = stranger.get(&forged).await.expect_problem(403);
        assert_eq!(problem["detail"], "this link is not one that the server gave", "{forged}");
    }
    for broken in [link.replace("expires=", "expires=x"), link.replace("&signature=", "&other=")] {
        assert!(stranger.get(&broken).await.status.is_client_error(), "{broken}");
    }
    // A link opens nothing else, and signs nothing.
    let query = link.split_once('?').map(|(_, query)| query).unwrap_or_default();
    for path in [format!("/files/{file_id}"), format!("/files/{file_id}/content"), "/users/me".to_owned()] {
        stranger.get(&format!("{path}?{query}")).await.expect_problem(401);
    }
    stranger.post(&format!("/files/{file_id}/signed-url"), &json!({})).await.expect_problem(401);
    // It ends with its file.
    ada.api.delete(&format!("/files/{file_id}")).await.expect(204);
    stranger.get(&link).await.expect_problem(404);
}

async fn what_a_link_leads_to_is_kept_no_longer_than_the_link_lives(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("notes.txt", b"words".to_vec()).await;
    for asked in [300, 900] {
        let link = link_to(&ada, &file_id, &json!({ "expires_in": asked })).await;
        let left =
            parameter(&link, "expires").parse::<i64>().expect("seconds") - SystemClock.now().timestamp();
        assert!((295..=900).contains(&left), "{left}");
        let answer = Api::anonymous(plaza.b()).get(&link).await;
        let caching = answer.header("cache-control");
        let kept: i64 = caching
            .strip_prefix("private, max-age=")
            .and_then(|rest| rest.strip_suffix(", immutable"))
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or_else(|| panic!("{caching}"));
        assert!(kept <= left && kept + 60 > left, "{kept} of {left}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    }
}

async fn clients_are_sent_to_the_bucket_where_that_is_wanted(setup: Setup) {
    let server = PrivateS3::start();
    let plaza = Options::new(setup)
        .bucket(&server.bucket())
        .variable("PLAZA_STORAGE__REDIRECT", "true")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let path = upload(&ada, "naïve \"notes\".txt", b"0123456789").await;
    let file_id = path.split('/').nth(2).unwrap_or_default();
    let link = link_to(&ada, file_id, &json!({})).await;
    let elsewhere = http_client().redirect(Policy::none()).build().expect("an HTTP client");
    for (path, token) in [(&path, ada.api.token()), (&link, "")] {
        let mut request = elsewhere.get(format!("{}/api/v1{path}", plaza.a()));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 307);
        let caching = answer.headers()["cache-control"].to_str().unwrap_or_default().to_owned();
        assert!(["private, max-age=150", "private, max-age=149"].contains(&caching.as_str()), "{caching}");
        let location = answer.headers()["location"].to_str().unwrap_or_default().to_owned();
        for part in [
            "X-Amz-Expires=",
            "X-Amz-Signature=",
            "response-content-type=text%2Fplain%3B%20charset%3Dutf-8",
            "response-content-disposition=inline%3B%20filename%3D%22na_ve%20_notes_.txt%22",
        ] {
            assert!(location.contains(part), "{location}");
        }
        let range = elsewhere.get(&location).header("range", "bytes=2-4");
        assert_eq!(range.send().await.expect("bytes").text().await.expect("text"), "234");
        let forged = location.replace("response-content-type=text", "response-content-type=html");
        assert_eq!(elsewhere.get(forged).send().await.expect("an answer").status(), 403);
        let deleted = elsewhere.delete(&location).send().await.expect("an answer");
        assert_eq!(deleted.status(), 403, "it is good for reading");
    }
    // Whoever follows gets the bytes; whoever only asks about them, or has them, is answered here.
    let followed = ada.api.get(&path).await;
    assert_eq!((followed.status.as_u16(), followed.text().as_str()), (200, "0123456789"));
    let head = ada.api.send(ada.api.request(Method::HEAD, &path)).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "10"));
    let known = get(&ada, &path, &[(header::IF_NONE_MATCH, head.header("etag"))]).await;
    assert_eq!(known.status, 304);
    assert_eq!(ada.processed(file_id).await["status"], "completed", "workers read as before");
}
