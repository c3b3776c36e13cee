"""A port or an address that cannot be had is told as what it is."""

import pytest

from fjordby.errors import BadValue
from fjordby.web.listen import free_port


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_number_that_is_no_port_is_told(port):
    with pytest.raises(BadValue, match="1 to 65535"):
        free_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_not_called_a_taken_port(host):
    """192.0.2.0/24 is kept for examples (RFC 5737), .invalid for no machine (RFC 6761)."""
    with pytest.raises(BadValue, match="address that this machine answers to"):
        free_port(host, None)
