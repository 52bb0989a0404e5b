package jloop;

import java.net.BindException;

/// The address is none of this machine (EADDRNOTAVAIL).
public final class AddressNotAvailableException extends BindException {

    private static final long serialVersionUID = 1;

    public AddressNotAvailableException(String message) {
        super(message);
    }
}
