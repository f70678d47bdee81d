//! What OpenSSL says about a handshake that failed, in words for whoever runs the servers.

/// `error`: OpenSSL's own text; `verdict`: what it found in the peer's certificate, where it looked.
pub fn explain(error: &str, verdict: Option<&str>) -> String {
    let lower = error.to_ascii_lowercase();
    if lower.contains("certificate verify failed") {
        let verdict = verdict.or_else(|| in_parentheses(error)).unwrap_or("it is not trusted");
        return format!("its TLS certificate is not accepted: {verdict}");
    }
    if lower.contains("wrong version number") || lower.contains("unexpected eof") {
        return format!("it does not speak TLS on this port ({})", short(error));
    }
    if lower.contains("alert") {
        return format!("it refuses our TLS handshake: {}", short(error));
    }
    format!("TLS handshake: {error}")
}

/// "… (certificate has expired)": as native-tls writes it.
fn in_parentheses(error: &str) -> Option<&str> {
    let (_, rest) = error.rsplit_once('(')?;
    rest.split_once(')').map(|(inside, _)| inside)
}

/// Of "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/…:350:" the reason.
fn short(error: &str) -> &str {
    match error.split(':').collect::<Vec<_>>()[..] {
        ["error", _, _, _, reason, ..] => reason,
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    const REFUSED: &str = "error:0A000086:SSL routines:tls_post_process_server_certificate:\
        certificate verify failed:../ssl/statem/statem_clnt.c:1889:";

    #[test]
    fn a_certificate_is_judged_in_its_own_words() {
        let expired = "its TLS certificate is not accepted: certificate has expired";
        assert_eq!(explain(REFUSED, Some("certificate has expired")), expired);
        assert_eq!(explain(&format!("{REFUSED} (certificate has expired)"), None), expired);
        assert!(explain(REFUSED, None).ends_with("it is not trusted"));
    }

    #[test]
    fn what_is_no_tls_is_said_to_be_none() {
        let plain =
            "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/r.c:350:";
        for error in [plain, "unexpected EOF"] {
            assert!(
                explain(error, None).starts_with("it does not speak TLS on this port"),
                "{error}"
            );
        }
        assert!(explain(plain, None).ends_with("(wrong version number)"));
    }

    #[test]
    fn what_the_peer_refuses_is_told_apart() {
        let alert =
            "error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:r.c:1:";
        let told = explain(alert, None);
        assert_eq!(told, "it refuses our TLS handshake: tlsv13 alert certificate required");
    }
}
