package jloop;

/// What [EventLoop#getnameinfo] looks for. `numericHost`: no name, the address as a text;
/// `nameRequired`: an address without a name is an error.
///
/// **As in asyncio**: the flags NI_NUMERICHOST and NI_NAMEREQD.
public record NameOptions(boolean numericHost, boolean nameRequired) {

    public static final NameOptions DEFAULT = new NameOptions(false, false);

    public NameOptions withNumericHost(boolean enabled) {
        return new NameOptions(enabled, nameRequired);
    }

    public NameOptions withNameRequired(boolean required) {
        return new NameOptions(numericHost, required);
    }
}
