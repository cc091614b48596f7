// Imported before msgpackr. Its ES module entry never looks for the compiled helper; this is the belt to those braces.
process.env['MSGPACKR_NATIVE_ACCELERATION_DISABLED'] = 'true';
