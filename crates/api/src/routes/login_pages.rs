//! What a browser shows when a login is over and there is nowhere to go. Nothing that others wrote is shown.

/// A page with a login code.
pub(super) fn logged_in(login_code: &str) -> String {
    page(
        "You are logged in",
        &format!(
            "<p>Give this code to the app that you want to log in to. It works once, for a minute.</p>\n\
             <p><code>{login_code}</code></p>"
        ),
    )
}

/// A page without anything more to do.
pub(super) fn linked() -> String {
    page("The login is linked to your account", "<p>You can close this page.</p>")
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<h1>{title}</h1>\n{body}\n</html>\n"
    )
}
