// Stands for a package that a dependency names but this program never reaches (decision 0005).
module.exports = {};
