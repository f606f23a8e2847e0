// There are no worker threads here (decision 0005).
exports.isMainThread = true;
