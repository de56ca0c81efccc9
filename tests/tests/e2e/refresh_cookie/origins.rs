//! Whose pages may use the cookie.

use super::*;

both_setups!(
    pages_of_others_cannot_use_the_cookie_nor_have_one,
    what_a_browser_says_besides_the_origin_counts_where_there_is_none,
    behind_a_proxy_the_public_url_is_the_servers_own,
    a_listed_origin_uses_cookies_across_origins,
);

async fn pages_of_others_cannot_use_the_cookie_nor_have_one(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let base = plaza.b();
    let (browser, login) = given_page(base, "ada").await;
    let mut made_up = browser.clone();
    made_up.set_cookie(COOKIE, "made-up");
    for origin in [STRANGER, "null", "", "http://127.0.0.1", "http://localhost:1"] {
        // Whether the cookie is good for anything is not told.
        for browser in [&browser, &made_up] {
            let mut page = browser.on_page_of(origin);
            refuse_origin(&page.post_empty(&url(base, "refresh"), None).await);
            refuse_origin(&page.post_empty(&url(base, "logout"), None).await);
        }
        let mut page = Browser::new().on_page_of(origin);
        refuse_origin(&page.post(&url(base, "login"), None, &wish("ada")).await);
        refuse_origin(&page.post(&url(base, "login"), None, &wish("nobody")).await);
        let code = json!({ "challenge": "made up", "code": "000000", "refresh_token_in": "cookie" });
        refuse_origin(&page.post(&url(base, "login/second-factor"), None, &code).await);
        let code = json!({ "login_code": "made up", "refresh_token_in": "cookie" });
        refuse_origin(&page.post(&url(base, "oidc/token"), None, &code).await);
    }
    // Nor can who does not say where they come from.
    let mut silent = Browser::new();
    silent.set_cookie(COOKIE, browser.cookie(COOKIE));
    refuse_origin(&silent.post_empty(&url(base, "refresh"), None).await);
    refuse_origin(&silent.post_empty(&url(base, "logout"), None).await);
    refuse_origin(&silent.post(&url(base, "login"), None, &wish("ada")).await);

    // The session lives, and its token was not used: its exchange gives the next one.
    let api = Api::anonymous(plaza.a()).with_token(&text(&login["access_token"]));
    let sessions = api.get("/users/me/sessions").await.expect(200);
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(2), "registering logs in once, too");
    let mut page = browser.on_page_of(base);
    given(&page.post_empty(&url(base, "refresh"), None).await);

    // Those who keep their token themselves are not asked where they come from.
    let own = Api::anonymous(base).log_in("ada", PASSWORD).await.expect(200);
    let token = json!({ "refresh_token": own["refresh_token"] });
    let next = Browser::new().on_page_of(STRANGER).post(&url(base, "refresh"), None, &token).await;
    assert!(next.expect(200)["refresh_token"].is_string());
    assert_eq!(cookies(&next), Vec::<String>::new());
}

async fn what_a_browser_says_besides_the_origin_counts_where_there_is_none(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let base = plaza.a();
    let (browser, _) = given_page(base, "ada").await;
    let api = Api::anonymous(base);
    let page = format!("{base}/chat?room=1");
    let foreign = format!("{STRANGER}/{base}");
    let mut token = browser.cookie(COOKIE).to_owned();
    for (headers, is_own) in [
        (vec![("sec-fetch-site", "same-origin")], true),
        (vec![("referer", page.as_str())], true),
        (vec![("origin", "null"), ("sec-fetch-site", "same-origin")], true),
        (vec![("sec-fetch-site", "same-site"), ("referer", &page)], false),
        (vec![("origin", "null"), ("referer", &page)], false),
        (vec![("referer", &foreign)], false),
        (vec![("origin", STRANGER), ("referer", &page)], false),
    ] {
        let request = api.request(Method::POST, "/auth/refresh");
        let request = request.header(header::COOKIE, format!("{COOKIE}={token}"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = api.send(request).await;
        if is_own {
            token = given(&answer);
        } else {
            refuse_origin(&answer);
        }
    }
}

async fn behind_a_proxy_the_public_url_is_the_servers_own(setup: Setup) {
    let public = "https://chat.example.org";
    let plaza = Options::new(setup).variable("PLAZA_SERVER__PUBLIC_URL", &format!("{public}/")).start().await;
    let base = plaza.a();
    User::register(base, "ada").await;
    let mut page = Browser::new().on_page_of(public);
    given(&page.post(&url(base, "login"), None, &wish("ada")).await);
    given(&page.post_empty(&url(plaza.b(), "refresh"), None).await);
    for origin in [base, "http://chat.example.org", "https://chat.example.org.evil.example"] {
        refuse_origin(&page.on_page_of(origin).post_empty(&url(base, "refresh"), None).await);
    }
}

async fn a_listed_origin_uses_cookies_across_origins(setup: Setup) {
    let listed = "https://app.example.org";
    let plaza = Options::new(setup).variable("PLAZA_SERVER__CORS_ORIGINS", listed).start().await;
    let base = plaza.a();
    let api = Api::anonymous(base);
    for (origin, credentials) in [(listed, "true"), (STRANGER, "")] {
        let preflight = api
            .request(Method::OPTIONS, "/auth/login")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type");
        let answer = api.send(preflight).await;
        assert_eq!(answer.header("access-control-allow-credentials"), credentials);
        assert_ne!(answer.header("access-control-allow-origin"), "*");
    }
    User::register(base, "ada").await;
    let mut page = Browser::new().on_page_of(listed);
    for answer in [
        page.post(&url(base, "login"), None, &wish("ada")).await,
        page.post_empty(&url(plaza.b(), "refresh"), None).await,
    ] {
        given(&answer);
        assert_eq!(answer.header("access-control-allow-origin"), listed);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "Origin"));
    }
    // Its pages are listed beside the server's own, not in their place.
    given(&page.on_page_of(base).post_empty(&url(base, "refresh"), None).await);
}
