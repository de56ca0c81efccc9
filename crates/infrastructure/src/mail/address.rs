//! Where mails go: `mail.url`.

use url::Url;

/// Where mails go.
#[derive(Clone, PartialEq, Eq)]
pub enum MailAddress {
    /// Into the log and a folder, for who tries Plaza out.
    Log,
    /// To a server.
    Smtp(SmtpAddress),
}

/// Where an SMTP server listens and how to talk to it. Holds a password: it cannot be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpAddress {
    /// The URL as lettre takes it.
    url: String,
}

impl MailAddress {
    /// Reads `log:`, `smtps://user:password@host:port`, or the same with `smtp://`, where `?tls=` says what is done
    /// about encryption: `required` (so it is when nothing is said), `opportunistic`, or `none`.
    ///
    /// # Errors
    /// What would be right, as the end of a sentence that starts with the key.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "log:" {
            return Ok(Self::Log);
        }
        let form = "must be log:, smtps://<user>:<password>@<host> or smtp://<host>:<port>?tls=required";
        let mut url = Url::parse(text).map_err(|_| form)?;
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        if !has_host || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(form);
        }
        if url.username().is_empty() != url.password().is_none() {
            return Err(
                "must name a user and a password, or neither; characters such as @ and / are written as %40 and %2F",
            );
        }
        let parameters: Vec<_> = url.query_pairs().into_owned().collect();
        let tls = match parameters.as_slice() {
            [] => None,
            [(name, value)] if name == "tls" => Some(value.as_str()),
            _ => return Err("takes no parameter but tls"),
        };
        match (url.scheme(), tls) {
            ("smtps", None) => {}
            ("smtp", None | Some("required")) => url.set_query(Some("tls=required")),
            ("smtp", Some("opportunistic")) if url.password().is_some() => {
                return Err(
                    "must say tls=required where there is a password: anybody on the way could ask for it in clear",
                );
            }
            ("smtp", Some("opportunistic")) => {}
            // What lettre does when nothing is said.
            ("smtp", Some("none")) => url.set_query(None),
            ("smtp", Some(_)) => return Err("must have tls=required, tls=opportunistic or tls=none"),
            _ => return Err(form),
        }
        Ok(Self::Smtp(SmtpAddress { url: url.into() }))
    }
}

impl SmtpAddress {
    /// The URL as lettre takes it.
    pub(super) fn expose(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(text: &str) -> Result<String, &'static str> {
        match MailAddress::parse(text)? {
            MailAddress::Smtp(address) => Ok(address.url),
            MailAddress::Log => Err("it is the log"),
        }
    }

    #[test]
    fn encryption_is_required_unless_it_is_said_otherwise() {
        for (text, url) in [
            ("smtp://mail:25", "smtp://mail:25?tls=required"),
            ("smtp://mail?tls=required", "smtp://mail?tls=required"),
            ("smtp://mail?tls=opportunistic", "smtp://mail?tls=opportunistic"),
            ("smtp://mail:25?tls=none", "smtp://mail:25"),
            ("smtps://ada:s%40cret@mail", "smtps://ada:s%40cret@mail"),
        ] {
            assert_eq!(smtp(text).as_deref(), Ok(url), "{text}");
        }
        assert!(MailAddress::parse("log:") == Ok(MailAddress::Log));
    }

    #[test]
    fn what_is_not_understood_or_not_safe_is_refused() {
        for text in [
            "",
            "log",
            "mail:25",
            "smtp://",
            "http://mail",
            "smtp://mail/path",
            "smtp://mail?tls=maybe",
            "smtp://mail?tls=none&x=1",
            "smtps://mail?tls=none",
            "smtps://ada@mail",
            "smtp://ada:secret@mail?tls=opportunistic",
        ] {
            assert!(MailAddress::parse(text).is_err(), "{text}");
        }
    }
}
