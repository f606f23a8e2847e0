// Which commands a person may type without a second thought, and which never: the data behind guard.ts. Names are in
// capitals with their prefix; what is on no list is not known to be harmless.

const names = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Harmless without arguments: they answer and change nothing. */
export const EXECUTIONS: ReadonlySet<string> = names(
  '+CSQ +CESQ +CGMI +CGMM +CGMR +CGSN +GMI +GMM +GMR +GSN +GOI +GCAP +CIMI +CCID +ICCID +CICCID +CEER +CPAS +CBC ' +
    '+CNUM +CLAC +CPINR +CGPADDR +CGCONTRDP +CGSCONTRDP +CGTFTRDP +CGEQOSRDP +CGQNEG +CEDRXRDP +CCLK ' +
    '#CGMI #CGMM #CGMR #CGSN #CIMI #CCID #CEER #CGPADDR #RFSTS #MONI #SERVINFO #PCT #HWREV #SWPKGV #CFVR #SI #SS ' +
    '#LASTCLOSURE #SLASTCLOSURE #LTEDS #VBATMON ' +
    '+UCELLINFO +UIPADDR +UPINCNT +USOER ' +
    '+QCCID +QCSQ +QNWINFO +QSPN +QTEMP +QGMR +QSIMSTAT +QLTS +QRSRP +QRSRQ +QSINR +QCAINFO +QINISTAT ' +
    '+CPSI +SPIC +CPMUTEMP +CGPSINFO +CGNSINF $GPSACP ^SYSINFO ^SYSINFOEX ^HCSQ',
);

/** Harmless to read (`?`). Not here: what answers with a password or a token. */
export const READS: ReadonlySet<string> = names(
  '+CFUN +CMEE +CPIN +CREG +CGREG +CEREG +C5GREG +COPS +CPOL +CPLS +CSQ +CESQ +CCLK +CTZU +CTZR +CPAS +WS46 +CNUM ' +
    '+CGATT +CGACT +CGDCONT +CGDSCONT +CGTFT +CGEQOS +CGEREP +CGSMS +CGCLASS +CGPADDR +CGCONTRDP +CGPIAF ' +
    '+CSCON +CEDRXS +CPSMS +CCIOTOPT +CEMODE +CEER +CIND +CMER +CRC +CLIP +CLIR +COLP +CSCS +CMGF +CSCA +CPMS +CNMI ' +
    '+CSMS +CSMP +CSDH +CMUX +IPR +ICF +IFC +ILRR +FCLASS +CCID +ICCID +CIMI +CGSN +CGMI +CGMM +CGMR +CPINR +CRLP ' +
    '#QSS #PSNT #MONI #SERVINFO #RFSTS #CCID #SGACT #SCFG #SCFGEXT #SCFGEXT2 #SCFGEXT3 #SS #NITZ #CCLK #NTP #USBCFG ' +
    '#PORTCFG #ECM #ECMC #RNDIS #FWSWITCH #BND #AUTOBND #SELINT #SIMDET #SLED #TEMPMON #TEMPCFG #DWSTATUS #DWCONN ' +
    '#DWCFG #DWEN #ENS #ENHRST #CPUMODE #VBATMON #PCT #CODECINFO #DIALMODE #ICMP #WWANLED #DTR #E2ESC #SKIPESC #CFF ' +
    '+UCELLINFO +UTEMP +UPSV +URAT +UMNOPROF +UBANDMASK +UCGED +UGPIOC +USIMSTAT +UUSBCONF +UBMCONF +UPINCNT ' +
    '+UIPADDR +UFWSTATUS +UCTZSRC +UGPS +ULOC +ULOCIND +ULOCCELL +ULOCGNSS ' +
    '+QCSQ +QNWINFO +QSPN +QTEMP +QINISTAT +QUSIM +QSIMSTAT +QSIMDET +QIACT +QISTATE +QLTS +QGPS +QSCLK +QCCID ' +
    '+QADC +QAPRDYIND +QRSRP +QRSRQ +QSINR ' +
    '+CPSI +CNMP +CNAOP +CNBP +CNETCI +CNSMOD +CUSBPIDSWITCH +NETOPEN +CGPS +SPIC +CPMUTEMP +CICCID ' +
    '$GPSP $GPSACP $GPSNMUN ^SYSINFO ^SYSINFOEX ^HCSQ ^CPIN',
);

/** Harmless with these arguments only; matched against the whole argument text, in capitals and without blanks. */
export const QUERIES: ReadonlyMap<string, RegExp> = new Map<string, RegExp>([
  ['+CGPADDR', /^\d{1,2}(?:,\d{1,2}){0,15}$/],
  ['+CGCONTRDP', /^\d{0,2}$/],
  ['+CGSCONTRDP', /^\d{0,2}$/],
  ['+CGTFTRDP', /^\d{0,2}$/],
  ['+CGEQOSRDP', /^\d{0,2}$/],
  ['+CGSN', /^[0-3]$/],
  ['+CCID', /^$/],
  ['+CPINR', /^"?[A-Z0-9 -]{1,20}"?$/],
  ['+CLCK', /^"?[A-Z]{2}"?,2(?:,(?:"")?(?:,\d{1,3})?)?$/],
  ['#TEMPMON', /^1$/],
  ['#MONI', /^\d?$/],
  ['#SI', /^\d$/],
  ['#SS', /^\d$/],
  ['#SLASTCLOSURE', /^\d$/],
  ['#CGPADDR', /^\d{0,2}$/],
  ['+QENG', /^"(?:SERVINGCELL|NEIGHBOURCELL)"$/],
  ['+QPINC', /^"(?:SC|P2)"$/],
  ['+QLTS', /^[0-2]$/],
  ['+QURCCFG', /^"URCPORT"$/],
  // With a name alone it reads that setting.
  ['+QCFG', /^"[A-Z0-9_/]{1,40}"$/],
  ['+QMBNCFG', /^"LIST"$/],
  ['+UPSND', /^\d,\d{1,2}$/],
  ['+UDCONF', /^\d{1,3}$/],
  ['+UCGED', /^$/],
  ['+USOCTL', /^\d,\d{1,3}$/],
]);

/** What a command does, for those that are not harmless and asked for most. */
export const EFFECTS: ReadonlyMap<string, string> = new Map<string, string>(
  (
    [
      ['+CFUN', 'switches the radio off or on, or restarts the module'],
      ['#REBOOT #ENHRST +CRESET', 'restarts the module'],
      ['#SHDN #SYSHALT +CPWROFF +QPOWD +CPOF +CPOWD', 'turns the module off: only a power cycle brings it back'],
      ['+CGATT +CGACT #SGACT +UPSDA +QIACT +QIDEACT #ECM #RNDIS +NETOPEN +NETCLOSE', 'may end the data connection'],
      ['+CGDCONT +CGDSCONT', 'changes an access point that is kept in the module'],
      ['+COPS #COPS', 'leaves the network or chooses another one'],
      ['#USBCFG +USBCFG +UUSBCONF +CUSBPIDSWITCH', 'changes the USB mode: the ports come back under other names'],
      ['+IPR +ICF +IFC #PORTCFG', 'changes the port itself'],
      ['+CMEE', 'changes how errors are told, which the agent relies on'],
      ['+CREG +CGREG +CEREG +C5GREG', 'changes what the module reports by itself, which the agent relies on'],
      ['+URAT +UMNOPROF +UBANDMASK #BND +WS46 +CNMP +CNBP', 'changes bands or technologies and is kept in the module'],
      ['+QCFG +CGSMS +QMBNCFG', 'changes a setting that is kept in the module'],
      ['+ULOC', 'asks a billed service where the gateway is, and ends a question that is under way'],
      ['+UGPS', 'turns the module’s own receiver on or off'],
      ['+CCLK', 'sets the clock of the module'],
      ['+CRSM +CSIM +CGLA', 'talks to the card itself'],
    ] as const
  ).flatMap(([list, effect]) => list.split(' ').map((name): [string, string] => [name, effect])),
);

/** The line would wait for bytes that nobody sends. */
export const PROMPTS: ReadonlySet<string> = names(
  '+CMGS +CMGW +CMGC +CNMA #SSEND #SSENDEXT #SSENDUDP #SSENDUDPEXT #SSENDLINE #SSLSEND #SSLSENDEXT #SSLSECDATA ' +
    '#WSCRIPT #FTPPUT #FTPGET #FTPAPP #FTPAPPEXT #HTTPSND #HTTPRCV #EMAILD #M2MWRITE #M2MREAD ' +
    '+USOST +USOWR +UDWNFILE +USECMNG +QISEND +QSSLSEND +QFUPL +QFDWL +QFWRITE +QFREAD +QHTTPURL +QHTTPPOST ' +
    '+QHTTPPUT +QHTTPREAD +QMTPUB +QMTPUBEX +QFTPPUT +QFTPGET +CIPSEND +CCHSEND +CFTPSPUT +CFTRANRX +CFTRANTX ' +
    '+CCERTDOWN +CMQTTTOPIC +CMQTTPAYLOAD +CMQTTWILLTOPIC +CMQTTWILLMSG +CMQTTSUB +SHBOD +HTTPDATA +CHTTPSSEND',
);

/** From then on the port carries data or frames. */
export const DATA_MODES: ReadonlySet<string> = names('+CGDATA +CMUX #SO #SSLO +QISWTMD +CIPMODE +USODL');

/** Rewrites firmware, calibration, identity or file system of the module. */
export const DESTRUCTIVE: ReadonlySet<string> = names(
  '+QFASTBOOT +QDOWNLOAD +QFOTADL +QNVW +QNVFW +QPRTPARA +EGMR +UFACTORY +UFWUPD +UFWINSTALL #OTAUP +CDELTA ' +
    '+SIMEI ^GODLOAD ^NVWR',
);

/** Arguments that carry user names, passwords or tokens. */
export const LOGINS: ReadonlyMap<string, RegExp> = new Map<string, RegExp>([
  ...'+CGAUTH +UAUTHREQ #PDPAUTH #DWCFG +UGSRV #FTPOPEN #EMAILUID #EMAILPWD #HTTPCFG #USERID #PASSW +QMTCONN +QFTPOPEN +CMQTTCONNECT +CFTPSLOGIN'
    .split(' ')
    .map((name): [string, RegExp] => [name, /^/]),
  // These carry them in their long forms only.
  ['#SGACT', /^[^,]*,[^,]*,/],
  ['+QICSGP', /^[^,]*,[^,]*,[^,]*,/],
  ['+UPSD', /^[^,]*,[23],/],
  ['+UMQTT', /^4,/],
  ['+UHTTP', /^\d,[23],/],
  ['+UFTP', /^[23],/],
  ['+QFTPCFG', /^"ACCOUNT",/],
  ['+SMCONF', /^"(?:USERNAME|PASSWORD)",/],
]);

/** Counters of tries have such names and change nothing. */
export const HARMLESS_PIN_NAMES: ReadonlySet<string> = names('+CPINR +UPINCNT +QPINC');
