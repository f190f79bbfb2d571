from web.headers import RAW, SECURITY


def test_nothing_runs_or_loads_from_elsewhere() -> None:
    policy = SECURITY["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {"script-src 'self'", "base-uri 'none'", "upgrade-insecure-requests"} <= set(policy)
    assert not any("unsafe" in one or "http" in one for one in policy)


def test_what_the_server_sends_is_one_line_each_in_lower_case() -> None:
    assert len(RAW) == len(SECURITY) == 12
    for name, value in RAW:
        assert name == name.lower()
        assert b"\n" not in value
        assert value == value.strip()


def test_devices_are_off_but_for_what_the_portal_itself_may_ask() -> None:
    permissions = dict(one.split("=") for one in SECURITY["Permissions-Policy"].split(", "))
    assert permissions["geolocation"] == "()"
    assert set(permissions.values()) == {"()", "(self)"}
