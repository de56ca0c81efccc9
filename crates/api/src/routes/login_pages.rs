//! What a browser shows when a login is over and there is nowhere to go. Nothing that others wrote is shown.

/// A page with a login code.
pub(super) fn logged_in(login_code: &str) -> String {
    page(
        "You are logged in",
        &format!(
            "<p>Type this code into the app in which you began to log in. It works once, for a minute.</p>\n\
             <p>If you did not begin this in an app of your own, close this page. Never tell the code to anybody: \
             whoever has it may get into your account.</p>\n\
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_a_login_code_is_warned_before_it() {
        let page = logged_in("the-code");
        let (before, _) = page.split_once("the-code").unwrap_or_default();
        assert!(before.contains("in which you began") && before.contains("Never tell the code"), "{page}");
    }
}
